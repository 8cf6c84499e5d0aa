- view: a
  fields:
    - dimension: x
      sql: |
        ${TABLE}.x
        + 1
      hidden: yes
