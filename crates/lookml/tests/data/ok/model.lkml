connection: "warehouse"
label: "Sales"
include: "/views/*.view.lkml"
include: "//shared/views/*.view"
week_start_day: monday

explore: orders {
  join: users {
    type: left_outer
    relationship: many_to_one
    sql_on: ${orders.user_id} = ${users.id} ;;
  }
}
