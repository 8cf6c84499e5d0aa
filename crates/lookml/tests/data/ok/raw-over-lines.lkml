sql: select 1
     , 2
  from t ;;
