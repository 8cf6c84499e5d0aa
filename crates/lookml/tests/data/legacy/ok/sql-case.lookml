- view: a
  fields:
  - dimension: kind
    sql_case:
      Won: ${x} = 1
      "80 - 99%": ${x} > 80
      else: unknown
