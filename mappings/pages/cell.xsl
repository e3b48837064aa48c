<?xml version="1.0" encoding="UTF-8"?>
<!-- One district's morning: what is new, due, overdue, came back, was not accepted, is a duplicate, went elsewhere. No sender is named. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:import href="common.xsl"/>

  <xsl:variable name="file" select="concat('../../cell/', /house/@unit, '.csv')"/>

  <xsl:template name="name">
    <xsl:choose>
      <xsl:when test="$lang = 'hi'"><xsl:value-of select="name_hi | office_hi"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="name_en | office_en"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="left">
    <td class="n">
      <xsl:choose>
        <xsl:when test="not(days_left)">–</xsl:when>
        <xsl:when test="overdue = 'true'"><span class="bad"><xsl:value-of select="b:count(string(days_left))"/></span></xsl:when>
        <xsl:when test="days_left &lt;= 2"><span class="warn"><xsl:value-of select="b:count(string(days_left))"/></span></xsl:when>
        <xsl:otherwise><xsl:value-of select="b:count(string(days_left))"/></xsl:otherwise>
      </xsl:choose>
    </td>
  </xsl:template>

  <!-- The first cells of every row of a complaint. -->
  <xsl:template name="complaint">
    <th scope="row" class="w"><span class="mono"><xsl:value-of select="number"/></span><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="system"/></span></th>
    <td class="mono w"><xsl:value-of select="police_number"/></td>
    <td><xsl:call-template name="name"/></td>
  </xsl:template>

  <xsl:template name="due">
    <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="due_on"/></xsl:call-template></td>
    <xsl:call-template name="left"/>
  </xsl:template>

  <xsl:template name="matter">
    <td><xsl:call-template name="code"><xsl:with-param name="kind">category</xsl:with-param><xsl:with-param name="code" select="category"/></xsl:call-template></td>
    <td><xsl:call-template name="code"><xsl:with-param name="kind">status</xsl:with-param><xsl:with-param name="code" select="status"/></xsl:call-template></td>
  </xsl:template>

  <!-- new, open and overdue have the same columns. -->
  <xsl:template name="list">
    <xsl:param name="list"/>
    <xsl:param name="key"/>
    <section id="{$key}">
      <h2><xsl:call-template name="w"><xsl:with-param name="key" select="concat($key, '.title')"/></xsl:call-template></h2>
      <xsl:call-template name="table">
        <xsl:with-param name="id" select="concat($key, '-list')"/>
        <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key" select="concat($key, '.caption')"/></xsl:call-template></xsl:with-param>
        <xsl:with-param name="heads">number police_number office category status priority received due #days_left expected</xsl:with-param>
        <xsl:with-param name="rows" select="$list/row"/>
        <xsl:with-param name="none" select="concat($key, '.none')"/>
        <xsl:with-param name="body">
          <xsl:for-each select="$list/row">
            <tr>
              <xsl:call-template name="complaint"/>
              <xsl:call-template name="matter"/>
              <td><xsl:call-template name="code"><xsl:with-param name="kind">priority</xsl:with-param><xsl:with-param name="code" select="priority"/></xsl:call-template></td>
              <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="received_on"/></xsl:call-template></td>
              <xsl:call-template name="due"/>
              <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="expected_on"/></xsl:call-template></td>
            </tr>
          </xsl:for-each>
        </xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="more"><xsl:with-param name="list" select="$list"/><xsl:with-param name="file" select="$file"/></xsl:call-template>
    </section>
  </xsl:template>

  <xsl:template name="card">
    <xsl:param name="key"/>
    <xsl:param name="list"/>
    <xsl:param name="hot" select="false()"/>
    <xsl:variable name="n" select="count($list/row) + sum($list/@left)"/>
    <li>
      <xsl:if test="$hot and $n &gt; 0"><xsl:attribute name="class">hot</xsl:attribute></xsl:if>
      <b><xsl:value-of select="b:count(string($n))"/></b>
      <a href="#{$key}"><xsl:call-template name="w"><xsl:with-param name="key" select="concat($key, '.title')"/></xsl:call-template></a>
    </li>
  </xsl:template>

  <xsl:template match="/house">
    <xsl:call-template name="frame">
      <xsl:with-param name="title"><xsl:for-each select="who/row[1]"><xsl:call-template name="name"/></xsl:for-each></xsl:with-param>
      <xsl:with-param name="body">
        <ul class="cards">
          <xsl:call-template name="card"><xsl:with-param name="key">new</xsl:with-param><xsl:with-param name="list" select="new"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">open</xsl:with-param><xsl:with-param name="list" select="open"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">overdue</xsl:with-param><xsl:with-param name="list" select="overdue"/><xsl:with-param name="hot" select="true()"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">returned</xsl:with-param><xsl:with-param name="list" select="returned"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">unaccepted</xsl:with-param><xsl:with-param name="list" select="unaccepted"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">duplicates</xsl:with-param><xsl:with-param name="list" select="duplicates"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">gone</xsl:with-param><xsl:with-param name="list" select="moved"/></xsl:call-template>
        </ul>
        <p class="more"><xsl:call-template name="w"><xsl:with-param name="key">cell.file</xsl:with-param></xsl:call-template><xsl:text> </xsl:text><a href="{$file}"><xsl:value-of select="/house/@unit"/>.csv</a></p>

        <xsl:call-template name="list"><xsl:with-param name="list" select="overdue"/><xsl:with-param name="key">overdue</xsl:with-param></xsl:call-template>
        <xsl:call-template name="list"><xsl:with-param name="list" select="new"/><xsl:with-param name="key">new</xsl:with-param></xsl:call-template>

        <section id="returned">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">returned.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">returned-list</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">returned.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">number police_number office category status returned returned_by reason #times due #days_left</xsl:with-param>
            <xsl:with-param name="rows" select="returned/row"/>
            <xsl:with-param name="none">returned.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="returned/row">
                <tr>
                  <xsl:call-template name="complaint"/>
                  <xsl:call-template name="matter"/>
                  <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="returned_on"/></xsl:call-template></td>
                  <td><xsl:call-template name="title"><xsl:with-param name="title" select="returned_by"/></xsl:call-template></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">return</xsl:with-param><xsl:with-param name="code" select="reason"/></xsl:call-template></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="times"/></xsl:call-template>
                  <xsl:call-template name="due"/>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="more"><xsl:with-param name="list" select="returned"/><xsl:with-param name="file" select="$file"/></xsl:call-template>
        </section>

        <section id="unaccepted">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">unaccepted.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">unaccepted-list</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">unaccepted.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">number police_number office receiver stream state why waiting_since</xsl:with-param>
            <xsl:with-param name="rows" select="unaccepted/row"/>
            <xsl:with-param name="none">unaccepted.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="unaccepted/row">
                <tr>
                  <xsl:call-template name="complaint"/>
                  <td><xsl:call-template name="title"><xsl:with-param name="title" select="target_title"/></xsl:call-template></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">stream</xsl:with-param><xsl:with-param name="code" select="stream"/></xsl:call-template><xsl:if test="act"><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="act"/></span></xsl:if></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">state</xsl:with-param><xsl:with-param name="code" select="state"/></xsl:call-template></td>
                  <td class="long"><xsl:choose><xsl:when test="$lang = 'hi'"><xsl:value-of select="why_hi"/></xsl:when><xsl:otherwise><xsl:value-of select="why_en"/></xsl:otherwise></xsl:choose></td>
                  <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="waiting_since_on"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="more"><xsl:with-param name="list" select="unaccepted"/><xsl:with-param name="file" select="$file"/></xsl:call-template>
        </section>

        <section id="duplicates">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">duplicates.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">duplicates-list</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">duplicates.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">number police_number office category status twin other_number</xsl:with-param>
            <xsl:with-param name="rows" select="duplicates/row"/>
            <xsl:with-param name="none">duplicates.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="duplicates/row">
                <tr>
                  <xsl:call-template name="complaint"/>
                  <xsl:call-template name="matter"/>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">twin</xsl:with-param><xsl:with-param name="code" select="twin"/></xsl:call-template></td>
                  <td class="w"><xsl:choose><xsl:when test="other_number"><span class="mono"><xsl:value-of select="other_number"/></span><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="other_system"/></span></xsl:when><xsl:otherwise><xsl:call-template name="w"><xsl:with-param name="key">twin.elsewhere</xsl:with-param></xsl:call-template></xsl:otherwise></xsl:choose></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="more"><xsl:with-param name="list" select="duplicates"/><xsl:with-param name="file" select="$file"/></xsl:call-template>
        </section>

        <section id="gone">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">gone.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">gone-list</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">gone.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">number police_number moved_on moved_to to_number</xsl:with-param>
            <xsl:with-param name="rows" select="moved/row"/>
            <xsl:with-param name="none">gone.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="moved/row">
                <tr>
                  <th scope="row" class="w"><span class="mono"><xsl:value-of select="number"/></span><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="system"/></span></th>
                  <td class="mono w"><xsl:value-of select="police_number"/></td>
                  <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="moved_on"/></xsl:call-template></td>
                  <td><xsl:choose><xsl:when test="$lang = 'hi'"><xsl:value-of select="moved_to_hi"/></xsl:when><xsl:otherwise><xsl:value-of select="moved_to_en"/></xsl:otherwise></xsl:choose></td>
                  <td class="mono w"><xsl:value-of select="to_number"/></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="more"><xsl:with-param name="list" select="moved"/><xsl:with-param name="file" select="$file"/></xsl:call-template>
        </section>

        <xsl:call-template name="list"><xsl:with-param name="list" select="open"/><xsl:with-param name="key">open</xsl:with-param></xsl:call-template>

        <section id="units">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">units.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">units-list</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">units.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">office #open #overdue #due_soon #came #disposed #returned #waiting</xsl:with-param>
            <xsl:with-param name="rows" select="units/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="units/row">
                <tr>
                  <th scope="row"><xsl:call-template name="name"/></th>
                  <xsl:for-each select="open | overdue | due_soon | came | disposed | returned | waiting">
                    <xsl:call-template name="n"><xsl:with-param name="n" select="."/><xsl:with-param name="loud" select="self::overdue"/></xsl:call-template>
                  </xsl:for-each>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <h3><xsl:call-template name="w"><xsl:with-param name="key">summary.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">summary</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="month"/>: <xsl:call-template name="w"><xsl:with-param name="key">figures.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system #brought_forward #received #disposed #pending #overdue #satisfied #dissatisfied</xsl:with-param>
            <xsl:with-param name="rows" select="summary/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="summary/row">
                <tr>
                  <th scope="row"><xsl:choose><xsl:when test="system_title"><xsl:call-template name="title"><xsl:with-param name="title" select="system_title"/></xsl:call-template><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="system"/></span></xsl:when><xsl:otherwise><xsl:value-of select="system"/></xsl:otherwise></xsl:choose></th>
                  <xsl:for-each select="brought_forward | received | disposed | pending | overdue | satisfied | dissatisfied">
                    <xsl:call-template name="n"><xsl:with-param name="n" select="."/><xsl:with-param name="loud" select="self::overdue"/></xsl:call-template>
                  </xsl:for-each>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
