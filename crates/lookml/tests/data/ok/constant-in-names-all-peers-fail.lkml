explore: @{x}_y {
  from: @{x}
}
view: a_${b.c}_d {}
