<?xml version="1.0" encoding="UTF-8"?>
<!-- Standing for seniors: figures of the month, units and ranks, districts by rank, hot spots, what complainants answer. Small
     counts of confidential kinds come suppressed from the statements ("<5", "*"); the figures by source are suppressed here. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:import href="common.xsl"/>

  <xsl:variable name="peak">
    <xsl:for-each select="/house/hot/row/n | /house/hot/row/mean">
      <xsl:sort select="." data-type="number" order="descending"/>
      <xsl:if test="position() = 1"><xsl:value-of select="."/></xsl:if>
    </xsl:for-each>
  </xsl:variable>

  <xsl:template name="name">
    <xsl:choose>
      <xsl:when test="$lang = 'hi'"><xsl:value-of select="name_hi"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="name_en"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="group">
    <xsl:choose>
      <xsl:when test="$lang = 'hi'"><xsl:value-of select="of_hi"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="of_en"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="total">
    <xsl:if test="total = 'true' or total = 't'"><xsl:attribute name="class">total</xsl:attribute></xsl:if>
  </xsl:template>

  <!-- A figure as the statement gives it: a number, "<5", "*", or nothing. -->
  <xsl:template name="figure">
    <xsl:param name="n"/>
    <xsl:param name="loud" select="false()"/>
    <td class="n">
      <xsl:if test="$loud and $n != '0' and string($n) != ''"><xsl:attribute name="class">n bad</xsl:attribute></xsl:if>
      <xsl:choose>
        <xsl:when test="string($n) = ''">–</xsl:when>
        <xsl:when test="$n = '*'"><abbr><xsl:attribute name="title"><xsl:call-template name="w"><xsl:with-param name="key">withheld</xsl:with-param></xsl:call-template></xsl:attribute>–</abbr></xsl:when>
        <xsl:otherwise><xsl:value-of select="b:count(string($n))"/></xsl:otherwise>
      </xsl:choose>
    </td>
  </xsl:template>

  <xsl:template name="percent">
    <xsl:param name="n"/>
    <td class="n">
      <xsl:choose>
        <xsl:when test="string($n) = '' or $n = '*'">–</xsl:when>
        <xsl:otherwise><xsl:value-of select="$n"/>&#160;%</xsl:otherwise>
      </xsl:choose>
    </td>
  </xsl:template>

  <!-- ============================================================ standing -->

  <xsl:template name="units">
    <section id="units">
      <h2><xsl:call-template name="w"><xsl:with-param name="key">standing.title</xsl:with-param></xsl:call-template></h2>
      <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">standing.lead</xsl:with-param></xsl:call-template></p>
      <xsl:call-template name="units-table"><xsl:with-param name="part">open</xsl:with-param><xsl:with-param name="rows" select="standing/row[part = 'open']"/></xsl:call-template>
      <xsl:if test="standing/row[part = 'confidential']">
        <xsl:call-template name="units-table"><xsl:with-param name="part">confidential</xsl:with-param><xsl:with-param name="rows" select="standing/row[part = 'confidential']"/></xsl:call-template>
      </xsl:if>
    </section>
  </xsl:template>

  <xsl:template name="units-table">
    <xsl:param name="part"/>
    <xsl:param name="rows"/>
    <xsl:call-template name="table">
      <xsl:with-param name="id" select="concat('standing-', $part)"/>
      <xsl:with-param name="caption"><xsl:call-template name="month"/>: <xsl:call-template name="code"><xsl:with-param name="kind">part</xsl:with-param><xsl:with-param name="code" select="$part"/></xsl:call-template></xsl:with-param>
      <xsl:with-param name="heads">unit #opening #received #disposed #pending #overdue #share #satisfied #dissatisfied #reopened #median_days</xsl:with-param>
      <xsl:with-param name="rows" select="$rows"/>
      <xsl:with-param name="body">
        <xsl:for-each select="$rows">
          <tr>
            <xsl:call-template name="total"/>
            <th scope="row">
              <xsl:choose>
                <xsl:when test="total = 'true' or total = 't'"><xsl:call-template name="w"><xsl:with-param name="key">total</xsl:with-param></xsl:call-template>: <xsl:call-template name="group"/></xsl:when>
                <xsl:otherwise><xsl:call-template name="name"/></xsl:otherwise>
              </xsl:choose>
            </th>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="opening"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="received"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="disposed"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="pending"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="overdue"/><xsl:with-param name="loud" select="true()"/></xsl:call-template>
            <xsl:call-template name="percent"><xsl:with-param name="n" select="share"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="satisfied"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="dissatisfied"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="reopened"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="median_days"/></xsl:call-template>
          </tr>
        </xsl:for-each>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="levels">
    <section id="levels">
      <h2><xsl:call-template name="w"><xsl:with-param name="key">levels.title</xsl:with-param></xsl:call-template></h2>
      <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">levels.lead</xsl:with-param></xsl:call-template></p>
      <xsl:call-template name="table">
        <xsl:with-param name="id">levels-list</xsl:with-param>
        <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">levels.caption</xsl:with-param></xsl:call-template></xsl:with-param>
        <xsl:with-param name="heads">state_police kind level #pending #overdue #median_age #oldest_days</xsl:with-param>
        <xsl:with-param name="rows" select="levels/row"/>
        <xsl:with-param name="body">
          <xsl:for-each select="levels/row">
            <tr>
              <xsl:call-template name="total"/>
              <td><xsl:call-template name="group"/></td>
              <td><xsl:call-template name="code"><xsl:with-param name="kind">part</xsl:with-param><xsl:with-param name="code" select="part"/></xsl:call-template></td>
              <th scope="row">
                <xsl:choose>
                  <xsl:when test="total = 'true' or total = 't'"><xsl:call-template name="w"><xsl:with-param name="key">total</xsl:with-param></xsl:call-template></xsl:when>
                  <xsl:otherwise><xsl:call-template name="code"><xsl:with-param name="kind">level</xsl:with-param><xsl:with-param name="code" select="level"/></xsl:call-template></xsl:otherwise>
                </xsl:choose>
              </th>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="pending"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="overdue"/><xsl:with-param name="loud" select="true()"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="median_days"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="oldest_days"/></xsl:call-template>
            </tr>
          </xsl:for-each>
        </xsl:with-param>
      </xsl:call-template>
    </section>
  </xsl:template>

  <!-- ============================================================ ranking -->

  <xsl:template name="ranking">
    <section id="ranks">
      <h2><xsl:call-template name="w"><xsl:with-param name="key">ranking.title</xsl:with-param></xsl:call-template></h2>
      <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">ranking.lead</xsl:with-param></xsl:call-template></p>
      <xsl:if test="rule/row">
        <xsl:call-template name="table">
          <xsl:with-param name="id">rule</xsl:with-param>
          <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">rule.caption</xsl:with-param></xsl:call-template></xsl:with-param>
          <xsl:with-param name="heads">rule_part #weight valid_from source</xsl:with-param>
          <xsl:with-param name="rows" select="rule/row"/>
          <xsl:with-param name="body">
            <xsl:for-each select="rule/row">
              <tr>
                <th scope="row"><xsl:choose><xsl:when test="$lang = 'hi'"><xsl:value-of select="label_hi"/></xsl:when><xsl:otherwise><xsl:value-of select="label_en"/></xsl:otherwise></xsl:choose></th>
                <td class="n"><xsl:value-of select="weight"/></td>
                <td class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="valid_from"/></xsl:call-template></td>
                <td class="long"><xsl:call-template name="title"><xsl:with-param name="title" select="source"/></xsl:call-template></td>
              </tr>
            </xsl:for-each>
          </xsl:with-param>
        </xsl:call-template>
      </xsl:if>
      <xsl:call-template name="table">
        <xsl:with-param name="id">ranking</xsl:with-param>
        <xsl:with-param name="caption"><xsl:call-template name="month"><xsl:with-param name="from" select="/house/@busy_from"/><xsl:with-param name="to" select="/house/@busy_to"/></xsl:call-template></xsl:with-param>
        <xsl:with-param name="heads">#rank district #received #disposed #in_time #pending #overdue #share #score bar</xsl:with-param>
        <xsl:with-param name="rows" select="ranking/row"/>
        <xsl:with-param name="body">
          <xsl:for-each select="ranking/row">
            <tr>
              <td class="n"><xsl:value-of select="rank"/></td>
              <th scope="row"><xsl:call-template name="name"/></th>
              <xsl:for-each select="received | disposed | in_time | pending | overdue">
                <xsl:call-template name="n"><xsl:with-param name="n" select="."/><xsl:with-param name="loud" select="self::overdue"/></xsl:call-template>
              </xsl:for-each>
              <xsl:call-template name="percent"><xsl:with-param name="n" select="share"/></xsl:call-template>
              <td class="n"><xsl:if test="parts"><xsl:attribute name="title"><xsl:value-of select="parts"/></xsl:attribute></xsl:if><xsl:choose><xsl:when test="score"><xsl:value-of select="score"/></xsl:when><xsl:otherwise>–</xsl:otherwise></xsl:choose></td>
              <xsl:call-template name="meter"><xsl:with-param name="percent" select="score"/></xsl:call-template>
            </tr>
          </xsl:for-each>
        </xsl:with-param>
      </xsl:call-template>
    </section>
  </xsl:template>

  <!-- ============================================================ hot spots -->

  <xsl:template name="spots">
    <xsl:param name="id"/>
    <xsl:param name="rows"/>
    <h3><xsl:call-template name="w"><xsl:with-param name="key" select="concat('hot.', $id)"/></xsl:call-template></h3>
    <xsl:call-template name="table">
      <xsl:with-param name="id" select="concat('hot-', $id)"/>
      <xsl:with-param name="caption"><xsl:call-template name="month"><xsl:with-param name="from" select="/house/@busy_from"/><xsl:with-param name="to" select="/house/@busy_to"/></xsl:call-template></xsl:with-param>
      <xsl:with-param name="heads">district station category #n #mean #change #percent mark hot_bar</xsl:with-param>
      <xsl:with-param name="rows" select="$rows"/>
      <xsl:with-param name="none">hot.none</xsl:with-param>
      <xsl:with-param name="body">
        <xsl:for-each select="$rows[position() &lt;= 60]">
          <tr>
            <td><xsl:call-template name="group"/></td>
            <th scope="row"><xsl:call-template name="name"/><xsl:if test="part = 'confidential'"><xsl:text> </xsl:text><span class="tag"><xsl:call-template name="w"><xsl:with-param name="key">part.confidential</xsl:with-param></xsl:call-template></span></xsl:if></th>
            <td><xsl:call-template name="code"><xsl:with-param name="kind">category</xsl:with-param><xsl:with-param name="code" select="category"/></xsl:call-template></td>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="n"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="mean"/></xsl:call-template>
            <xsl:call-template name="figure"><xsl:with-param name="n" select="change"/></xsl:call-template>
            <xsl:call-template name="percent"><xsl:with-param name="n" select="percent"/></xsl:call-template>
            <td class="w"><xsl:if test="mark = 'new' or mark = 'rise'"><xsl:attribute name="class">w bad</xsl:attribute></xsl:if><xsl:if test="mark = 'fall'"><xsl:attribute name="class">w good</xsl:attribute></xsl:if><xsl:if test="string(mark) != ''"><xsl:call-template name="code"><xsl:with-param name="kind">mark</xsl:with-param><xsl:with-param name="code" select="mark"/></xsl:call-template></xsl:if></td>
            <td class="meter">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="bar-b" x="0" y="6" height="3"><xsl:attribute name="width"><xsl:call-template name="of-peak"><xsl:with-param name="n" select="mean"/></xsl:call-template></xsl:attribute></rect>
                <rect class="bar-a" x="0" y="0" height="5"><xsl:attribute name="width"><xsl:call-template name="of-peak"><xsl:with-param name="n" select="n"/></xsl:call-template></xsl:attribute></rect>
              </svg>
            </td>
          </tr>
        </xsl:for-each>
      </xsl:with-param>
    </xsl:call-template>
    <xsl:if test="count($rows) &gt; 60">
      <p class="more"><xsl:call-template name="w"><xsl:with-param name="key">more.shown</xsl:with-param></xsl:call-template> <b>60</b> / <b><xsl:value-of select="b:count(string(count($rows)))"/></b>. <xsl:call-template name="w"><xsl:with-param name="key">hot.more</xsl:with-param></xsl:call-template></p>
    </xsl:if>
  </xsl:template>

  <xsl:template name="of-peak">
    <xsl:param name="n"/>
    <xsl:choose>
      <xsl:when test="$peak &gt; 0 and number($n) = number($n)"><xsl:value-of select="round(1000 * $n div $peak) div 10"/></xsl:when>
      <xsl:otherwise>0</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="hot">
    <section id="hot">
      <h2><xsl:call-template name="w"><xsl:with-param name="key">hot.title</xsl:with-param></xsl:call-template></h2>
      <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">hot.lead</xsl:with-param></xsl:call-template></p>
      <p>
        <span class="key"><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="bar-a" width="8" height="8"/></svg><xsl:call-template name="w"><xsl:with-param name="key">hot.this</xsl:with-param></xsl:call-template></span>
        <span class="key"><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="bar-b" width="8" height="8"/></svg><xsl:call-template name="w"><xsl:with-param name="key">hot.mean</xsl:with-param></xsl:call-template></span>
      </p>
      <xsl:call-template name="spots"><xsl:with-param name="id">women</xsl:with-param><xsl:with-param name="rows" select="hot/row[category = 'WOMEN']"/></xsl:call-template>
      <xsl:call-template name="spots"><xsl:with-param name="id">cyber</xsl:with-param><xsl:with-param name="rows" select="hot/row[category = 'CYBER']"/></xsl:call-template>
      <xsl:call-template name="spots"><xsl:with-param name="id">other</xsl:with-param><xsl:with-param name="rows" select="hot/row[category != 'WOMEN' and category != 'CYBER']"/></xsl:call-template>
    </section>
  </xsl:template>

  <!-- ============================================================ what complainants answer -->

  <xsl:template name="answers">
    <section id="answers">
      <h2><xsl:call-template name="w"><xsl:with-param name="key">answers.title</xsl:with-param></xsl:call-template></h2>
      <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">answers.lead</xsl:with-param></xsl:call-template></p>
      <xsl:call-template name="table">
        <xsl:with-param name="id">answers-list</xsl:with-param>
        <xsl:with-param name="caption"><xsl:call-template name="month"/></xsl:with-param>
        <xsl:with-param name="heads">level kind #answers #satisfied #dissatisfied #not_reached #rated #mean_rating #reopened</xsl:with-param>
        <xsl:with-param name="rows" select="answers/row"/>
        <xsl:with-param name="none">answers.none</xsl:with-param>
        <xsl:with-param name="body">
          <xsl:for-each select="answers/row">
            <tr>
              <xsl:call-template name="total"/>
              <th scope="row">
                <xsl:choose>
                  <xsl:when test="total = 'true' or total = 't'"><xsl:call-template name="w"><xsl:with-param name="key">total</xsl:with-param></xsl:call-template></xsl:when>
                  <xsl:otherwise><xsl:call-template name="code"><xsl:with-param name="kind">level</xsl:with-param><xsl:with-param name="code" select="level"/></xsl:call-template></xsl:otherwise>
                </xsl:choose>
              </th>
              <td><xsl:call-template name="code"><xsl:with-param name="kind">part</xsl:with-param><xsl:with-param name="code" select="part"/></xsl:call-template></td>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="answers"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="satisfied"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="dissatisfied"/><xsl:with-param name="loud" select="true()"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="not_reached"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="rated"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="mean_rating"/></xsl:call-template>
              <xsl:call-template name="figure"><xsl:with-param name="n" select="reopened"/></xsl:call-template>
            </tr>
          </xsl:for-each>
        </xsl:with-param>
      </xsl:call-template>
    </section>
  </xsl:template>

  <xsl:template match="/house">
    <xsl:call-template name="frame">
      <xsl:with-param name="title"><xsl:call-template name="w"><xsl:with-param name="key">title.senior</xsl:with-param></xsl:call-template></xsl:with-param>
      <xsl:with-param name="body">
        <nav class="toc">
          <xsl:attribute name="aria-label"><xsl:call-template name="w"><xsl:with-param name="key">toc</xsl:with-param></xsl:call-template></xsl:attribute>
          <ul>
            <li><a href="#months"><xsl:call-template name="w"><xsl:with-param name="key">figures.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#ranks"><xsl:call-template name="w"><xsl:with-param name="key">ranking.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#units"><xsl:call-template name="w"><xsl:with-param name="key">standing.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#levels"><xsl:call-template name="w"><xsl:with-param name="key">levels.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#hot"><xsl:call-template name="w"><xsl:with-param name="key">hot.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#answers"><xsl:call-template name="w"><xsl:with-param name="key">answers.title</xsl:with-param></xsl:call-template></a></li>
          </ul>
        </nav>
        <section id="months">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">figures.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">figures.lead</xsl:with-param></xsl:call-template></p>
          <xsl:call-template name="figures"/>
        </section>
        <xsl:call-template name="hot"/>
        <xsl:call-template name="ranking"/>
        <xsl:call-template name="units"/>
        <xsl:call-template name="levels"/>
        <xsl:call-template name="answers"/>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
