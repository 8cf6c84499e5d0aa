- view: a
  label: "café"
  # ÿ
