fields: [a, b,]
