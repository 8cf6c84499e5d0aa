- view: a
  label: x
