- view: a
  fields:
  - dimension: x
    sql:
      CASE WHEN a = 1 THEN 2
           ELSE 3 END
    type: string
  - dimension: y
    sql: >
      a and
      b
  - dimension: z
    sql: "a # b"
