- view: a
  fields:
  - dimension: d
    sql: ${TABLE}.d # note
    label: x # fine
  - dimension: e
    sql: a#b
  - dimension: e
    sql: concat(${TABLE}.e, ' #')
