include: "/**/*.dashboard"
