filters: [a: , b: "x", c: ]
