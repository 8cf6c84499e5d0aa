- view: a
  label: x

- view: b
  label: "x
  fields:
  - dimension: d

- view: c
  label: y
