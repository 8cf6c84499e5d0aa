connection: "@{CONNECTION}"
sql_table_name: @{SCHEMA}.orders ;;
