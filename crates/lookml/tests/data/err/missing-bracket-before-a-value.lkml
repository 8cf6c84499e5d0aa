view: v {
  fields: [a, b
  sql: ${x} ;;
}
