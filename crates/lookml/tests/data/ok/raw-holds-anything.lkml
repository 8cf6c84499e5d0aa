html: <a href="{{ link }}"># } ] ; " {</a> ;;
sql: select '"' -- }
  # not a comment of LookML
  , "a ;
  @{CONSTANT} ${field} {% if x %} {{ y }} [ ;;
hidden: yes
