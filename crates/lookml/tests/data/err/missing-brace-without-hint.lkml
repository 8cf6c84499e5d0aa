view: a {
  dimension: id {
    type: number
  }
