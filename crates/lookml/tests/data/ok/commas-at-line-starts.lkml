fields: [
  a
  , b
  , c
]
