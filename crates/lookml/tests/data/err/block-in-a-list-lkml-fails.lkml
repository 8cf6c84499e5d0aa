rows: [a: {}]
