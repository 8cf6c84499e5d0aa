- view: a
  ? [b]
  : c
  label: x
