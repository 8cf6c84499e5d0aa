sql: ;;
html:;;
sql_on:
;;
