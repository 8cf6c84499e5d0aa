html: foo {} ;;
hidden: yes
