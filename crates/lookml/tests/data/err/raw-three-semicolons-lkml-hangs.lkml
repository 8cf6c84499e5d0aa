sql: a ;;;
hidden: yes
