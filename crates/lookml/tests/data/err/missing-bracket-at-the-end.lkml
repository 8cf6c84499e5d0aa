fields: [a, b # why
