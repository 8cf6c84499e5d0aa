include: ["a", "b"]
