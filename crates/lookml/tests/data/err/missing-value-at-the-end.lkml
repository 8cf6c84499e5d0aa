view: v {
  hidden:
}
type: