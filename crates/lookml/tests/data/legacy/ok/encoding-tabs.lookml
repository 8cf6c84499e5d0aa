- view: a
  fields:
  - dimension: x
  	sql: y
