- view: a
  fields:
  - dimension: d
    html: {{ value }}
