view: v {
}
}
view: w {
  label: "x"
}
