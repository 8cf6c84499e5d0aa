view: v {
  # note
  label: "a
b"
  sql: a
    ;;
}
