dimension: a {
  sql:
  type: number
}
