derived_table: {
  explore_source: orders {
    column: id {}
  }
}
