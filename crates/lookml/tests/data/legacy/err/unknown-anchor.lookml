- view: a
  label: *nothing
