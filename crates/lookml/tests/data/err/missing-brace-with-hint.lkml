view: a {
  dimension: id {
    type: number
}

view: b {
  label: "x"
}
