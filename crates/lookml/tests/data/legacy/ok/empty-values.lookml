- view: a
  fields:
  - dimension: d
    sql: |
    type: int
    label: ""
  - dimension: e
    sql:
