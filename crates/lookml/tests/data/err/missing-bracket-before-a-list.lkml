fields: [a, b
more: [c]
