dimension: a {
  html:
}
