view: v {
  dimension: a {
    sql: ${TABLE}.a
    type: number
  }
  dimension: b {
    sql: ${TABLE}.b
      + 1
  }
}
