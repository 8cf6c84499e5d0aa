fields: [, a, b]
more: [
  ,
  a
]
