sql_x: a + b ;;
hidden: yes
