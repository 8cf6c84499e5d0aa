label: "ÿώ"
view: ιθ {}
