view: a {
  dimension: b {
    link: {
