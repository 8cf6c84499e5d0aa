create_sql: a b ;;
