sql: a ;
hidden: yes
