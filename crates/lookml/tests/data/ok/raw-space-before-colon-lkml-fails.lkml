sql : x ;;
hidden: yes
