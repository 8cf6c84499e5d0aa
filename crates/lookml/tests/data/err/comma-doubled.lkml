fields: [a,, b, , c]
more: [,
, a]
other: [,]
