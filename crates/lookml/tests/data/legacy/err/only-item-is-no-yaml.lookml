- view: a
  label: x: y
