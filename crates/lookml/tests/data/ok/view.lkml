view: orders {
  sql_table_name: shop.orders ;;
  drill_fields: [id, status]

  dimension: id {
    primary_key: yes
    type: number
    sql: ${TABLE}.id ;;
  }

  dimension_group: created {
    type: time
    timeframes: [raw, date, week]
    sql: ${TABLE}.created_at ;;
  }

  measure: count {
    type: count
    filters: [status: "complete"]
  }
}
