dimension: sql {
  type: string
}
set: html {}
