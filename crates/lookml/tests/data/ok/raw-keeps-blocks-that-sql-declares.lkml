sql: create function f {
  join: x
  a {
} ;;
