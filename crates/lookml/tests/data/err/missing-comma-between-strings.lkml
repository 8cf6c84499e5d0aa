include: ["a" "b"]
