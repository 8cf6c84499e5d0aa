view: v {
  sql: a ; ;;
}
