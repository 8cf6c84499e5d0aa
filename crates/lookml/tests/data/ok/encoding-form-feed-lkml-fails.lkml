view: v {}
view: w {}
